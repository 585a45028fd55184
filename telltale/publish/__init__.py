"""What leaves by itself: reports after each period, alerts on data, and the proof of both."""
