"""Who would hand which marketing activity outside, and who answers whom, in Italian blog comment threads.

    from analyzer import analyze, load_model, read

    for analysis in analyze(read("export.xml"), load_model()):
        print(analysis.thread.title, analysis.stances, analysis.replies)

The public names are loaded on first use, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from analyzer.activities import Activity as Activity
    from analyzer.activities import load as load_activities  # noqa: F401
    from analyzer.analysis import Analysis as Analysis
    from analyzer.analysis import analyze as analyze
    from analyzer.errors import AnalyzerError as AnalyzerError
    from analyzer.graph import author_graph as author_graph
    from analyzer.graph import comment_graph as comment_graph
    from analyzer.model import Model as Model
    from analyzer.model import load_model as load_model
    from analyzer.readers import read as read
    from analyzer.replies import Reply as Reply
    from analyzer.replies import find as find_replies  # noqa: F401
    from analyzer.stance import Stance as Stance
    from analyzer.thread import Author as Author
    from analyzer.thread import Comment as Comment
    from analyzer.thread import Thread as Thread

_HOMES = {
    "Activity": ("analyzer.activities", "Activity"),
    "Analysis": ("analyzer.analysis", "Analysis"),
    "AnalyzerError": ("analyzer.errors", "AnalyzerError"),
    "Author": ("analyzer.thread", "Author"),
    "Comment": ("analyzer.thread", "Comment"),
    "Model": ("analyzer.model", "Model"),
    "Reply": ("analyzer.replies", "Reply"),
    "Stance": ("analyzer.stance", "Stance"),
    "Thread": ("analyzer.thread", "Thread"),
    "analyze": ("analyzer.analysis", "analyze"),
    "author_graph": ("analyzer.graph", "author_graph"),
    "comment_graph": ("analyzer.graph", "comment_graph"),
    "find_replies": ("analyzer.replies", "find"),
    "load_activities": ("analyzer.activities", "load"),
    "load_model": ("analyzer.model", "load_model"),
    "read": ("analyzer.readers", "read"),
}

__all__ = [*sorted(_HOMES), "__version__"]  # noqa: PLE0604  names are loaded on first use


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
