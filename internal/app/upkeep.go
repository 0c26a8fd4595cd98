package app

import (
	"greenroom/internal/event"
	"greenroom/internal/locale"
	"greenroom/internal/quiz"
)

// keepQuizzes connects quizzes with what people are allowed beyond limits, and with letters about changed results.
func (a *App) keepQuizzes(words *locale.Bundle) {
	a.Quizzes.SetAllowances(a.Allow)
	a.Quizzes.SetLog(a.log)
	a.Allow.OnChange(a.Quizzes.Allowed)
	letters := quiz.Letters{Quizzes: a.Quizzes, Accounts: a.Accounts, Mail: a.Mail, Words: words, BaseURL: a.cfg.BaseURL}
	event.On(a.Events, "mail.regraded", letters.OnRegraded)
}
