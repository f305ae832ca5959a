"""Messages between the browser and the server: what a browser may send, and who may send it."""
