"""What the answers of several annotators add up to, and how good annotators are. Pure."""
