"""The audit of a release: what is drawn, what people say of it, and what that proves."""
