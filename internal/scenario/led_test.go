package scenario_test

import (
	"errors"
	"reflect"
	"testing"

	"greenroom/internal/scenario"
)

// A led story: the facilitator's message arrives when it is sent and only then, once; the same seed and moves make the same
// story, whatever way they are made.
func TestALedStory(t *testing.T) {
	t.Parallel()
	s := scenario.Lint(example(t)).Scenario
	chose := func(at, c string) scenario.Move { return scenario.Move{Kind: scenario.Chose, At: at, Choice: c} }
	mail := scenario.Move{Kind: scenario.Delivered, Choice: "office-email"}
	to := []scenario.Move{chose("lunch", "own"), chose("facts", "service"), {Kind: scenario.Replied, At: "reply", Points: 7}}
	risk := s.Meters[s.MeterIndex("risk")]

	alone, err := s.Replay(7, to)
	if err != nil {
		t.Fatal(err)
	}
	led, err := s.ReplayLed(7, to)
	if err != nil {
		t.Fatal(err)
	}
	if d := alone.Meter(risk) - led.Meter(risk); d != 5 || len(led.Before().Late) != 0 || len(alone.Before().Late) != 1 {
		t.Errorf("risk differs by %d: the message arrived by itself", d)
	}
	if err := alone.Do(mail); !errors.Is(err, scenario.ErrNoInject) {
		t.Errorf("somebody alone was sent a message: %v", err)
	}
	was := led.Meter(risk)
	if held := led.Held(); len(held) != 1 || held[0].ID != mail.Choice {
		t.Errorf("held back: %v", held)
	}
	if err := led.Do(mail); err != nil || led.Meter(risk)-was != 5 || len(led.Now().Sent) != 1 || led.Now().Did[0].By() != 5 || len(led.Held()) != 0 {
		t.Errorf("%v: risk %d after %d", err, led.Meter(risk), was)
	}
	if err := led.Do(mail); !errors.Is(err, scenario.ErrNoInject) || led.Meter(risk)-was != 5 {
		t.Errorf("sent twice: %v", err)
	}
	if err := led.Do(chose("rumour", "known")); err != nil || !led.Over() {
		t.Fatal(err)
	}
	if err := led.Do(mail); !errors.Is(err, scenario.ErrOver) {
		t.Errorf("after the end: %v", err)
	}
	again, err := s.ReplayLed(7, led.Moves())
	if err != nil || !reflect.DeepEqual(again.Path(), led.Path()) || !reflect.DeepEqual(again.Now().Meters, led.Now().Meters) {
		t.Errorf("played again: %v %v, %v", again.Path(), led.Path(), err)
	}
}
