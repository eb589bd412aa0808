"""Lists of cases, how they are asked for and worded, and actions on many cases."""
