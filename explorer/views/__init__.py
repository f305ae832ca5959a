"""What people see, one room a file; each displays state and sends gestures back to it."""
