"""The web server: access, limits and handlers."""
