"""Small mends around moto's answers, one function per operation: what AWS checks or says and moto does not."""

from . import mend_data, mend_iam, mend_lambda, mend_s3, mend_sns

_BEFORE = {**mend_iam.BEFORE, **mend_s3.BEFORE, **mend_sns.BEFORE, **mend_data.BEFORE, **mend_lambda.BEFORE}
_AFTER = {**mend_iam.AFTER, **mend_s3.AFTER}


def before(asked, caller):
    """Checks and rewrites a request that was allowed; raises a Refusal."""
    for key in _keys(asked):
        if key in _BEFORE:
            _BEFORE[key](asked, caller)


def after(asked, caller, answer):
    """Mends moto's answer."""
    for key in _keys(asked):
        if key in _AFTER:
            answer = _AFTER[key](asked, caller, answer)
    return answer


def _keys(asked):
    return [(asked.service, "*"), (asked.service, asked.operation)]
