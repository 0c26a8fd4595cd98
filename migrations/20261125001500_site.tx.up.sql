-- How the site looks: one row, which is there once somebody has chosen something. '' is the product's own.
CREATE TABLE site_look (
  id {{.Int}} PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  brand_light TEXT NOT NULL, -- #rrggbb
  brand_dark TEXT NOT NULL,
  accent TEXT NOT NULL,
  version {{.Int}} NOT NULL,
  updated_at {{.Time}} NOT NULL
){{.Strict}};
