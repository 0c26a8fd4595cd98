package scenario

import (
	"greenroom/internal/locale"
	"greenroom/internal/play"
	rules "greenroom/internal/scenario"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// ReviewPage is a reply by another learner, to be marked.
type ReviewPage struct {
	L      *locale.Printer
	Step   play.Step
	Task   *rules.Task
	Form   JudgeForm
	Errors []ui.FieldError
}

// JudgeForm is what a review's form shows.
type JudgeForm struct {
	Marks   rules.Marks
	Comment string
	By      map[string]string // errors by field
}

// DeskPage is a trainer's list of replies.
type DeskPage struct {
	layout.Page
	List  string
	Rows  []DeskRow
	Total int
	Pages ui.PageNav
}

// DeskRow is one reply on the list.
type DeskRow struct {
	Href, Name, Course, Scenario, When string
	Words, Peers, PeersDone            int
	Reported                           bool
}

// MarkPage is a reply that a trainer marks.
type MarkPage struct {
	layout.Page
	Task    *rules.Task
	Reviews []rules.Review
	Form    JudgeForm
	Errors  []ui.FieldError
	Name    string
	Waiting bool
}

func (p MarkPage) feedback() rules.Feedback {
	f := rules.Feedback{Written: p.Task.Reply, Passage: p.Task.Place}
	for i := range p.Reviews {
		if p.Reviews[i].Kind == rules.ByTrainer {
			f.Trainer = &p.Reviews[i]
		} else {
			f.Peers = append(f.Peers, p.Reviews[i])
		}
	}
	return f
}

func commentField(l *locale.Printer, label string, f JudgeForm) ui.FieldData {
	return ui.FieldData{ID: "f-comment", Name: "comment", Label: label, Hint: l.T("scenario.review.comment_hint"), Value: f.Comment, Error: f.By["comment"], Rows: 4, Optional: true, MaxLength: rules.MaxComment}
}

// SummaryPage is one page to keep: a run in short.
type SummaryPage struct {
	layout.Page
	Debrief DebriefPage
	Who     string
}
