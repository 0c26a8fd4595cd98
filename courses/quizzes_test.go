package courses_test

import (
	"io/fs"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"greenroom/courses"
)

type quizFile struct {
	Questions []struct {
		Key, Type, Situation string
		Options              []struct {
			Text    string
			Correct bool
		}
	}
}

// Who picks the longest answer without reading must not pass: in each quiz at most two right answers of the questions
// with one right answer are clearly longer (by more than 15 in 100) than every wrong one, and over all quizzes at most
// one in five. Places are shuffled for each learner, so they give nothing away.
func TestRightAnswersCannotBeGuessedByTheirLength(t *testing.T) {
	t.Parallel()
	all, found := 0, 0
	for path, q := range quizzes(t) {
		here := []string{}
		for _, x := range q.Questions {
			if x.Type != "single" {
				continue
			}
			all++
			right, wrong := 0, 0
			for _, o := range x.Options {
				n := utf8.RuneCountInString(o.Text)
				if o.Correct {
					right = n
				} else {
					wrong = max(wrong, n)
				}
			}
			if right*100 > wrong*115 {
				here = append(here, x.Key)
			}
		}
		if len(here) > 2 {
			t.Errorf("%s: the right answer stands out by its length in %v", path, here)
		}
		found += len(here)
	}
	t.Logf("the right answer is clearly the longest in %d of %d questions", found, all)
	if all < 80 || found*5 > all {
		t.Errorf("the right answer is clearly the longest in %d of %d questions", found, all)
	}
}

// Judgement is what the courses teach, so each quiz puts learners into at least two short situations.
func TestQuizzesAskForJudgement(t *testing.T) {
	t.Parallel()
	for path, q := range quizzes(t) {
		n := 0
		for _, x := range q.Questions {
			if x.Situation != "" {
				n++
			}
		}
		if n < 2 {
			t.Errorf("%s: %d questions with a situation, want two or more", path, n)
		}
	}
}

func quizzes(t *testing.T) map[string]quizFile {
	t.Helper()
	paths, err := fs.Glob(courses.Files, "*/*/*.quiz.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]quizFile{}
	for _, p := range paths {
		src, err := fs.ReadFile(courses.Files, p)
		if err != nil {
			t.Fatal(err)
		}
		var q quizFile
		if err := yaml.Unmarshal(src, &q); err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		out[p] = q
	}
	if len(out) < 21 {
		t.Fatalf("%d quizzes, want one for each of 21 modules", len(out))
	}
	return out
}
