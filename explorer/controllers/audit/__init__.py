"""The Audit tab: the plan form, the steps of an audit, and its results."""
