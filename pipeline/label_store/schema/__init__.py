"""Tables, engine, statements and migrations of the label store."""
