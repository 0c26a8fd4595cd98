-- The name by which the learners of a cohort are listed stands beside their enrolment, so that a page of fifty among
-- thousands is read in its order instead of sorting them all. The database keeps it: whoever changes a name need not know.
ALTER TABLE enrolment ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';

--bun:split
UPDATE enrolment SET sort_name = COALESCE((SELECT lower(p.name) FROM person AS p WHERE p.id = enrolment.person_id), '');

--bun:split
CREATE INDEX enrolment_by_name ON enrolment (delivery_id, sort_name, id, status);

--bun:split
{{if .SQLite}}
CREATE TRIGGER enrolment_sort_name AFTER INSERT ON enrolment
BEGIN
  UPDATE enrolment SET sort_name = COALESCE((SELECT lower(p.name) FROM person AS p WHERE p.id = NEW.person_id), sort_name) WHERE id = NEW.id;
END;

--bun:split
CREATE TRIGGER enrolment_sort_name_moved AFTER UPDATE OF person_id ON enrolment
BEGIN
  UPDATE enrolment SET sort_name = COALESCE((SELECT lower(p.name) FROM person AS p WHERE p.id = NEW.person_id), sort_name) WHERE id = NEW.id;
END;

--bun:split
CREATE TRIGGER person_sort_name AFTER UPDATE OF name ON person
WHEN OLD.name <> NEW.name
BEGIN
  UPDATE enrolment SET sort_name = lower(NEW.name) WHERE person_id = NEW.id;
END;
{{else}}
CREATE FUNCTION enrolment_sort_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.sort_name := COALESCE((SELECT lower(p.name) FROM person AS p WHERE p.id = NEW.person_id), NEW.sort_name);
  RETURN NEW;
END $$;

--bun:split
CREATE TRIGGER enrolment_sort_name BEFORE INSERT OR UPDATE OF person_id ON enrolment
FOR EACH ROW EXECUTE FUNCTION enrolment_sort_name();

--bun:split
CREATE FUNCTION person_sort_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE enrolment SET sort_name = lower(NEW.name) WHERE person_id = NEW.id;
  RETURN NULL;
END $$;

--bun:split
CREATE TRIGGER person_sort_name AFTER UPDATE OF name ON person
FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION person_sort_name();
{{end}}
