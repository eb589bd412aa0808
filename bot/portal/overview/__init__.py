"""The overview of cases on officers' pages."""
