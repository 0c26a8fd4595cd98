-- Reports about what is no post: a learner's situation, a review of a reply.
ALTER TABLE moderation_case ADD COLUMN about TEXT NOT NULL DEFAULT ''; -- '' is a post, or nothing that could be found
--bun:split
ALTER TABLE moderation_case ADD COLUMN about_id TEXT NOT NULL DEFAULT '';
--bun:split
CREATE UNIQUE INDEX moderation_case_about ON moderation_case (about, about_id) WHERE about <> '' AND state IN ('open', 'claimed');
--bun:split
ALTER TABLE situation ADD COLUMN withheld TEXT NOT NULL DEFAULT ''; -- what others read until a moderator took it out of sight, JSON
--bun:split
ALTER TABLE scenario_review ADD COLUMN hidden_at {{.Time}}; -- out of the writer's sight since; null is in sight
