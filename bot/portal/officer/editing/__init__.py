"""Pages that change what a case holds: its answers, people and contact details, and the whole of it."""
