"""Invented devices on the real wires, and the demo that plays them all."""
