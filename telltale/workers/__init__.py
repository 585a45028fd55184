"""Decoding again on the workers of Spark: what of telltale goes along, what a decoder is given, and who publishes."""
