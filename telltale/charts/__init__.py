"""What the figures of all subjects share: ground, colours by role, time axes (`base`), the strip of nodes (`strip`)."""
