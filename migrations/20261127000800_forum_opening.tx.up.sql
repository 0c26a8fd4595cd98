-- The post that opens a thread is looked for with each answer to it.
CREATE INDEX forum_post_opening ON forum_post (thread_id, id) WHERE level = 1;
