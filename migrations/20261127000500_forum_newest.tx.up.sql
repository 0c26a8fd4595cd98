-- Where the newest post of a thread is: looking for it among all posts, PostgreSQL goes back from the newest of the whole site.
ALTER TABLE forum_thread ADD COLUMN newest TEXT NOT NULL DEFAULT ''; -- id of a post, or ''
--bun:split
UPDATE forum_thread SET newest = COALESCE((SELECT max(q.id) FROM forum_post AS q WHERE q.thread_id = forum_thread.id), '');
