"""A program for a Python that has ConvoKit: read the frames of a response, say as JSON what ConvoKit sees."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convokit import Corpus, FightingWords

from caldframe.fetch import load_campaign

if TYPE_CHECKING:
    from caldframe.frames import CampaignFrames


def read(frames: CampaignFrames) -> Any:
    """Make a corpus of the frames."""
    tables = frames.to_convokit()
    return Corpus.from_pandas(
        utterances_df=tables.utterances,
        speakers_df=tables.speakers,
        conversations_df=tables.conversations,
    )


def seen(corpus: Any) -> dict[str, Any]:
    """Tell all that a corpus holds."""
    return {
        "utterances": {
            each.id: [each.speaker.id, each.text, each.reply_to, each.timestamp, dict(each.meta)]
            for each in corpus.iter_utterances()
        },
        "speakers": {each.id: dict(each.meta) for each in corpus.iter_speakers()},
        "conversations": {
            each.id: [each.get_utterance_ids(), dict(each.meta)] for each in corpus.iter_conversations()
        },
        "whole": [each.id for each in corpus.iter_conversations() if each.check_integrity(verbose=False)],
        "paths": [
            [[each.id for each in path] for path in conversation.get_root_to_leaf_paths()]
            for conversation in corpus.iter_conversations()
        ],
    }


def main() -> None:
    """Read the response named first, write the corpus into the folder named second."""
    response, folder = sys.argv[1:]
    corpus = read(load_campaign(Path(response)))
    corpus.dump("corpus", base_path=folder)
    again = Corpus(filename=str(Path(folder) / "corpus"))
    words = FightingWords(ngram_range=(1, 1))
    words.fit(
        corpus,
        class1_func=lambda each: each.meta["role"] == "assistant",
        class2_func=lambda each: each.meta["role"] == "user",
    )
    scores = words.get_ngram_zscores()["z-score"]
    result = {"read": seen(corpus), "read again": seen(again), "terms": scores.to_dict()}
    Path(folder, "seen.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
