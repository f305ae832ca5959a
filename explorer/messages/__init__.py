"""Messages between the browser and the server: their fields, their checks, and their permitted senders."""
