"""Floor 4: run records -> rows -> terminal, markdown, csv, json. Renderers only draw what `rows` computed."""
