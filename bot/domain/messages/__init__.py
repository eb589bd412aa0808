"""Messages between officers and applicants: rules, events, reminders, presets and templates."""
