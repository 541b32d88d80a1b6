"""DynamoDB: tables named by ARN, transactions that are atomic for them too and copy no whole table, and idempotency tokens."""

import copy
import json
import time

from moto.core.exceptions import ServiceException
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.exceptions import (
    ConditionalCheckFailed,
    MockValidationException,
    MultipleTransactionsException,
    TooManyTransactionsException,
    TransactionCanceledException,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from .errors import Refusal
from .state import on_reset

TOKEN_LASTS = 600

_tokens: dict[tuple, tuple[float, str]] = {}


@on_reset
def _forget():
    _tokens.clear()


def _check(asked, caller):
    for name in _tables(asked):
        if name.startswith("arn:") and name.split(":")[3] != asked.region:
            raise Refusal("ResourceNotFoundException", "Requested resource not found")


def _tables(asked):
    p = asked.params
    if asked.operation.startswith("Transact"):
        return [v.get("TableName", "") for item in p.get("TransactItems", []) for v in item.values()]
    if asked.operation.startswith("Batch"):
        return list(p.get("RequestItems", {}))
    return [p.get("TableName", "")]


def transact(self, transact_items):
    """All writes or none: the conditions first, then the writes, undone when one of them turns out to be invalid."""
    if len(transact_items) > 100:
        raise TooManyTransactionsException()
    operations = [next(iter(i.items())) for i in transact_items]
    targets = [_target(self, kind, op) for kind, op in operations]
    if len({(id(table), json.dumps(key, sort_keys=True)) for table, key in targets}) < len(targets):
        raise MultipleTransactionsException()
    errors = [_unmet(self, op, table, key) for (_, op), (table, key) in zip(operations, targets, strict=True)]
    if any(code for code, _, _ in errors):
        raise TransactionCanceledException(errors)
    before = [copy.deepcopy(self.get_item(table.name, key)) for table, key in targets]
    try:
        for (kind, op), (table, key) in zip(operations, targets, strict=True):
            _write(self, kind, op, table.name, key)
    except Exception as error:
        for (table, key), old in zip(targets, before, strict=True):
            _restore(self, table, key, old)
        if isinstance(error, MockValidationException):
            raise
        raise TransactionCanceledException([("ValidationError", str(error), None)]) from error


def _target(backend, kind, op):
    table = backend.get_table(op["TableName"])
    if kind != "Put":
        return table, op["Key"]
    names = [table.hash_key_attr] + ([table.range_key_attr] if table.range_key_attr else [])
    if any(n not in op["Item"] for n in names):
        raise TransactionCanceledException([("ValidationError", "One of the required keys was not given a value", None)])
    return table, {n: op["Item"][n] for n in names}


def _unmet(backend, op, table, key):
    if op.get("ConditionExpression") is None:
        return None, None, None
    current = backend.get_item(table.name, key)
    condition = get_filter_expression(op["ConditionExpression"], op.get("ExpressionAttributeNames"), op.get("ExpressionAttributeValues"))
    if condition.expr(current):
        return None, None, None
    told = current.to_json()["Attributes"] if current and op.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None
    return "ConditionalCheckFailed", str(ConditionalCheckFailed().message), told


def _write(backend, kind, op, name, key):
    given = {
        "expression_attribute_names": op.get("ExpressionAttributeNames"),
        "expression_attribute_values": op.get("ExpressionAttributeValues"),
    }
    given["condition_expression"] = op.get("ConditionExpression")
    if kind == "Put":
        backend.put_item(name, op["Item"], **given)
    elif kind == "Delete":
        backend.delete_item(name, key, **given)
    elif kind == "Update":
        backend.update_item(name, key, update_expression=op["UpdateExpression"], **given)


def _restore(backend, table, key, old):
    backend.delete_item(table.name, key)
    if old is not None:
        backend.put_item(table.name, old.to_json()["Attributes"])


_handle = DynamoHandler.transact_write_items


def transact_write_items(self):
    """The operation, done once for each idempotency token: SDKs send the same one again when an answer was lost."""
    token = self.body.get("ClientRequestToken")
    if not token:
        return _handle(self)
    key, what = (self.current_account, self.region, token), json.dumps(self.body["TransactItems"], sort_keys=True, default=str)
    made, before = _tokens.get(key, (0, ""))
    if time.monotonic() - made < TOKEN_LASTS and before:
        if before != what:
            raise ServiceException(
                "IdempotentParameterMismatchException", "Request parameters do not match those of the original request with this token"
            )
        return DynamoResult({"ConsumedCapacity": [], "ItemCollectionMetrics": {}})
    result = _handle(self)
    _tokens[key] = (time.monotonic(), what)
    return result


DynamoHandler.transact_write_items = transact_write_items
DynamoDBBackend.transact_write_items = transact

BEFORE = {("dynamodb", "*"): _check}
