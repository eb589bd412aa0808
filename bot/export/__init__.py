"""Lists of cases as files: Excel workbooks and CSV."""
