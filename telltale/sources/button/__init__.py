"""Buttons and phones: the frames with which they join a network, as a capture heard them."""
