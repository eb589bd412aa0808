"""The coordinators' page of figures: charts and tables, and the same as an Excel workbook."""
