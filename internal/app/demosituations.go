package app

import (
	"context"
	"fmt"

	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/situation"
)

// The demo situations have names of their own, so that they are made once.
const (
	demoSituation = "019ac000-0000-7000-8000-0000000000b1"
	demoHalf      = "019ac000-0000-7000-8000-0000000000b2"
)

// theGate is what a demo learner shares with the running cohort.
func theGate() situation.Form {
	return situation.Form{
		Title: "The gate that stayed locked",
		Role:  "You look after the page of a parks department in a town that does not exist. Your supervisor is at the dentist.",
		Day:   "Saturday, 8:20",
		Event: "At seven the gates of the riverside park should have opened for the children's football. Somebody has the only key, and nobody knows who. Eighty families are waiting outside.",
		People: []situation.Person{
			{Name: "Coach Wren", Kind: "customer", Says: "Eighty kids in boots on the footpath. Anybody home at Parks?"},
			{Name: "Old Bill", Kind: "critic", Says: "They raised the fees in June and lost the key in October."},
			{Name: "Marly", Kind: "customer", Says: "My daughter is four and standing next to the main road."},
		},
		Moments: []situation.Moment{
			{Ask: "What do you do first?", Answers: []situation.Answer{
				{Text: "Post that you know, that you are finding the key, and when you post next", Next: "Coach Wren shares it with the parents.", Feedback: "Nobody can go home, but everybody knows where they stand.", Takes: "well"},
				{Text: "Answer Old Bill about the fees", Next: "Old Bill answers with a photo of the budget.", Feedback: "He was not asking. Marly was, and is still at the road.", Takes: "badly"},
				{Text: "Ring round for the key before you say anything", Next: "Three people do not pick up. It is 8:45.", Feedback: "Sound, and twenty-five minutes are long with a child at a road.", Takes: "mixed"},
			}},
			{Text: "The key is with the weekend crew, half an hour away.", Ask: "Half an hour is a long time. What do you offer?", Answers: []situation.Answer{
				{Text: "Say so, and ask the families to wait on the school's oval next door", Next: "The school's caretaker opens it within minutes.", Feedback: "You solved what worried Marly, which was not the gate.", Takes: "well"},
				{Text: "Say that it will be open shortly", Next: "At nine somebody writes: define shortly.", Feedback: "Vague words run out.", Takes: "badly"},
				{Text: "Offer everybody a refund", Next: "Coach Wren asks who decided that.", Feedback: "Kind, and not yours to promise.", Takes: "mixed"},
			}},
		},
		Meters: "trust_time", Reply: "Write to Marly", Rubric: "answer",
		Model:    "Marly, please take her into the school's oval next door: the caretaker is opening it now. The key is on its way, here by 9:15. Sorry, that is on us.",
		Question: "Who can post for you on a Saturday morning?", Invented: true,
	}
}

// beginSituations lets demo learners write in the demo's running cohort, once.
func (a *App) beginSituations(ctx context.Context) error {
	place := func(who string) (*situation.Place, error) {
		p, err := a.Accounts.ByEmail(ctx, who+"@demo.example")
		if err != nil {
			return nil, err
		}
		if p, err = a.Accounts.ByID(ctx, p.ID); err != nil {
			return nil, err
		}
		return a.Situations.At(ctx, p, demoRunning)
	}
	author, err := place("learner2")
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	half := situation.Form{Title: "A hashtag of our own", Role: "You work for a library.", Event: "Ring 02 9999 4321 to find out."}
	for id, f := range map[string]situation.Form{demoSituation: theGate(), demoHalf: half} {
		u, err := a.Situations.Create(ctx, author, id)
		if err != nil {
			return fmt.Errorf("demo situation: %w", err)
		}
		if u.Version > 0 {
			return nil // made before; its people may have changed it since
		}
		if _, err := a.Situations.Save(ctx, author, id, draft.Form{}, f); err != nil {
			return fmt.Errorf("demo situation: %w", err)
		}
	}
	if _, err := a.Situations.Share(ctx, author, demoSituation, situation.Consent{Named: true, MayAdopt: true}); err != nil {
		return fmt.Errorf("share the demo situation: %w", err)
	}
	peer, err := place("learner3")
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	marks := map[string]int{"happen": 2, "choice": 1, "fair": 2, "teach": 2}
	return a.Situations.Judge(ctx, peer, demoSituation, marks, "I have stood at that gate. The refund is a good trap. Could one of the answers be right and still cost something?")
}
