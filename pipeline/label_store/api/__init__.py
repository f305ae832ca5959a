"""The typed faces of the label store. Each method is one transaction."""
