-- New words of posts wait in a list until they are sorted into the index: by the server's upkeep, and by whoever writes when the list is
-- full. A longer list is sorted in at less cost for each word.
{{if .SQLite}}SELECT 1{{else}}ALTER INDEX forum_post_words SET (gin_pending_list_limit = 16384){{end}};
