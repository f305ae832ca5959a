"""The Label tab: answering, presence, sources of questions, bulk answers."""
