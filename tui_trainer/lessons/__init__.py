"""Lessons: a question, a prediction, runs to find out, and what happened. Each is one Markdown file."""

from tui_trainer.lessons.lesson import STAGES, Experiment, Lesson, LessonError, fill, folders, lessons, parse, read

__all__ = ["STAGES", "Experiment", "Lesson", "LessonError", "fill", "folders", "lessons", "parse", "read"]
