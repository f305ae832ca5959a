"""The views: Panel components with their scripts and styles. A view shows state and passes actions to it."""
