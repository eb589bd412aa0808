"""Answers to the questions of a form: parsing, validation, and storage."""
