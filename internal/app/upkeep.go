package app

import (
	"greenroom/internal/allow/allowweb"
	"greenroom/internal/author/authorweb"
	"greenroom/internal/check/checkweb"
	"greenroom/internal/event"
	"greenroom/internal/insight"
	"greenroom/internal/insight/insightweb"
	"greenroom/internal/locale"
	"greenroom/internal/quiz"
	"greenroom/internal/quiz/quizweb"
	"greenroom/internal/web"
	"greenroom/internal/workshop/workshopweb"
)

// keepQuizzes connects quizzes with what people are allowed beyond limits, and with letters about changed results.
func (a *App) keepQuizzes(words *locale.Bundle) {
	a.Insight = insight.New(a.DB, a.now)
	a.Quizzes.SetAllowances(a.Allow)
	a.Quizzes.SetLog(a.log)
	a.Allow.OnChange(a.Quizzes.Allowed)
	letters := quiz.Letters{Quizzes: a.Quizzes, Accounts: a.Accounts, Mail: a.Mail, Words: words, BaseURL: a.cfg.BaseURL}
	event.On(a.Events, "mail.regraded", letters.OnRegraded)
}

// upkeep are the pages on which authors and trainers look after quizzes and people's accommodations, and read run sheets.
func (a *App) upkeep() []web.Route {
	var all []web.Route
	all = append(all, (&allowweb.Handlers{Allow: a.Allow, Accounts: a.Accounts, Deliveries: a.Deliveries}).Routes()...)
	all = append(all, (&quizweb.Desk{Quizzes: a.Quizzes, Courses: a.Courses, Accounts: a.Accounts}).Routes()...)
	all = append(all, (&authorweb.Handlers{Courses: a.Courses, Drafts: a.Drafts, Runs: a.Scenarios, Insight: a.Insight, Now: a.now}).Routes()...)
	all = append(all, (&workshopweb.Handlers{Courses: a.Courses}).Routes()...)
	all = append(all, (&checkweb.Handlers{Checks: a.Checks, Play: a.Play, Courses: a.Courses, Insight: a.Insight}).Routes()...)
	return append(all, (&insightweb.Handlers{Insight: a.Insight, Quizzes: a.Quizzes, Courses: a.Courses}).Routes()...)
}
