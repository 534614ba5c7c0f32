"""The line hook in a real fish: what bash passes and fish means the same by."""

import pytest

from tests.live import test_bash_line, test_bash_session
from tests.live.shared import adopt, starting
from tests.live.test_bash_session import made  # noqa: F401 - the adopted tests' fixture

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

start = starting("fish")
# Left out: history expansion, vi and editor keys, `read -e`, here-documents and constructs at a second prompt,
# which are bash's; their counterparts stand in test_fish_house, test_fish_line and test_fish_session.
adopt(
    test_bash_line,
    globals(),
    without={
        "test_every_accepting_key_asks",
        "test_ctrl_r_recall_asks",
        "test_a_refused_line_leaves_no_empty_prompt",
        "test_history_control_hides_nothing_from_the_judge",
        "test_history_expansion_is_judged_expanded",
        "test_a_refused_line_recalled_by_bang_bang_is_refused_again",
        "test_an_unknown_event_runs_nothing",
        "test_an_expanded_line_is_not_expanded_again",
        "test_continuation_lines_are_judged_as_one_construct",
        "test_a_refused_construct_runs_none_of_its_parts",
        "test_here_documents_are_judged_with_their_text",
        "test_vi_mode_asks",
        "test_the_editor_brings_its_text_back_to_the_line",
        "test_programs_with_their_own_line_editor_are_left_alone",
        "test_eight_bit_bytes_reach_the_judge",
        "test_the_shell_answers_questions",
    },
)
adopt(
    test_bash_session,
    globals(),
    without={
        # in test_fish_session
        "test_the_confirmed_line_runs",
        "test_every_other_answer_means_no",
        "test_the_end_of_the_guard_in_mid_question_runs_nothing",
        "test_resizing_reaches_the_programs",
        "test_ctrl_d_ends_the_shell",
        "test_sigterm_ends_the_session",
        "test_exit_statuses",
        "test_no_program_inherits_a_channel",
        "test_the_private_directory_goes_away",
        # of bash's own words
        "test_background_output_waits_for_the_dialog",
        "test_a_background_job_is_held_back_by_a_full_buffer",
        "test_the_dialog_leaves_and_restores_a_full_screen",
        "test_job_control",
        "test_status_variables_are_preserved",
        "test_a_descriptor_that_was_open_before_is_kept",
        "test_it_works_beside",
        "test_errexit_does_not_end_the_shell_by_our_doing",
        "test_the_persons_debug_trap_lives_on",
        "test_functions_in_the_style_of_bash_preexec",
        "test_a_prompt_made_by_prompt_command",
        "test_appending_to_the_prompt_keeps_one_segment",
        "test_a_shell_inside_finds_the_hook",
        "test_a_shell_without_a_hook_is_shown",
        "test_a_login_shell_reads_the_profiles",
    },
)


def test_a_shell_without_a_hook_is_told_in_the_title(shell):
    """A shell that can't be hooked makes the title say UNGUARDED while it runs, before fish's own words, and tells the guard."""
    shell.pty.send("env -u PROMPT_COMMAND bash --norc\r")
    shell.pty.expect(r"\x1b\]2;PROD web-3 ro UNGUARDED: bash \| ", timeout=8)
    shell.pty.send("exit\r")
    shell.prompt()
    assert any(event["note"] == "unguarded" for event in shell.events("note"))
