package app_test

// Drafts of scenarios belong to who began them and whom these let in; TestDraftsAreTheirAuthors has those. Others' do not exist.
func init() {
	const one, draft = "/teach/write/:draft", "/teach/write/0197f3a0-0000-7000-8000-000000000000"
	for route, path := range map[string]string{
		"": "", "/scenario.yaml": "/scenario.yaml", "/story.twee": "/story.twee", "/revisions": "/revisions", "/revisions/:number": "/revisions/1", "/play": "/play", "/publish": "/publish",
	} {
		matrix["GET "+one+route] = row{draft + path, teaching(404), nil}
	}
	for route, path := range map[string]string{"": "", "/remove": "/remove", "/revisions/:number": "/revisions/1", "/people": "/people", "/play/:verb": "/play/start", "/publish": "/publish"} {
		matrix["POST "+one+route] = row{draft + path, teachingWriters(404), nil}
	}
}
