"""The Attributes tab: messages about attributes and annotators, and instructions."""
