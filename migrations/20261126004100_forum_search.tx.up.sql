-- The words of posts, for searching. PostgreSQL has an index over the column; SQLite has a table of its own, which triggers
-- keep in the transaction that writes the post: also when a thread goes with all its posts, and when a backup is read.
--
-- It holds the text a second time, since a row's number may change when the file is compacted and only a table that holds
-- its text forgets a word for good when it is deleted (secure-delete). The id is searched as words are, to find the row.
{{if .SQLite}}
CREATE VIRTUAL TABLE forum_words USING fts5 (post_id, body, tokenize = 'porter unicode61 remove_diacritics 0');
--bun:split
INSERT INTO forum_words (forum_words, rank) VALUES ('secure-delete', 1);
--bun:split
INSERT INTO forum_words (post_id, body) SELECT id, body FROM forum_post;
--bun:split
CREATE TRIGGER forum_words_new AFTER INSERT ON forum_post
BEGIN
  INSERT INTO forum_words (post_id, body) VALUES (NEW.id, NEW.body);
END;
--bun:split
CREATE TRIGGER forum_words_gone AFTER DELETE ON forum_post
BEGIN
  DELETE FROM forum_words WHERE forum_words MATCH 'post_id : "' || OLD.id || '"' AND post_id = OLD.id;
END;
--bun:split
CREATE TRIGGER forum_words_changed AFTER UPDATE OF body ON forum_post WHEN OLD.body <> NEW.body
BEGIN
  DELETE FROM forum_words WHERE forum_words MATCH 'post_id : "' || OLD.id || '"' AND post_id = OLD.id;
  INSERT INTO forum_words (post_id, body) VALUES (NEW.id, NEW.body);
END;
{{else}}
SELECT 1;
{{end}}
