"""What strangers can send to hurt the program, and how long its event loop stands still for it."""
