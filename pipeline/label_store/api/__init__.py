"""The interfaces of the label store. Each method is one transaction."""
