"""The methods of the label store, one transaction each."""
