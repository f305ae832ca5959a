"""What ``explorer bench`` measures."""
