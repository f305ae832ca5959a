"""What people see, one tab a file; each displays state and sends gestures back to it."""
