"""What CoAP needs beside its library."""
