ALTER TABLE forum_file ADD COLUMN alt TEXT NOT NULL DEFAULT ''; -- what a picture shows, in words; '' where nobody said
