/* BEGIN, COMMIT, ROLLBACK. spec/sql.md section 11, spec/wire-protocol.md section 5. */
#include "session/statement.h"
#include "types/datetime.h"

static HyStatus begin(HySession *session, HyResult *result)
{
    if (session->in_transaction) {
        HY_TRY(hy_result_add_notice(result, "there is already a transaction in progress"));
    } else {
        session->in_transaction = true;
        session->is_aborted = false;
        session->transaction_time = hy_timestamp_now();
    }
    return hy_result_set_tag(result, "BEGIN");
}

/* COMMIT of an aborted transaction rolls back, and says so in its tag. */
static HyStatus commit(HySession *session, HyResult *result)
{
    HyTransaction *transaction = session->transaction;
    bool was_aborted = session->is_aborted;
    session->transaction = NULL;
    session->in_transaction = false;
    session->is_aborted = false;
    hy_session_end_cursors(session, !was_aborted);
    if (transaction)
        HY_TRY(hy_transaction_commit(transaction));
    return hy_result_set_tag(result, was_aborted ? "ROLLBACK" : "COMMIT");
}

static HyStatus rollback(HySession *session, HyResult *result)
{
    if (!session->in_transaction)
        HY_TRY(hy_result_add_notice(result, "there is no transaction in progress"));
    hy_transaction_rollback(session->transaction);
    session->transaction = NULL;
    session->in_transaction = false;
    session->is_aborted = false;
    hy_session_end_cursors(session, false);
    return hy_result_set_tag(result, "ROLLBACK");
}

static HyStatus aborted(void)
{
    return hy_error(
        "25P02", "current transaction is aborted, commands ignored until end of transaction block");
}

HyStatus hy_execute_transaction(
    HyStatement *statement, const HyAstTransaction *command, HyResult *result)
{
    HySession *session = statement->session;
    switch (command->kind) {
    case HY_AST_TX_BEGIN:
        return session->is_aborted ? aborted() : begin(session, result);
    case HY_AST_TX_COMMIT:
        return commit(session, result);
    case HY_AST_TX_ROLLBACK:
        return rollback(session, result);
    case HY_AST_TX_SAVEPOINT:
        return session->is_aborted ? aborted() : hy_error("0A000", "Savepoints are disabled.");
    case HY_AST_TX_RELEASE:
    case HY_AST_TX_ROLLBACK_TO:
        if (!session->in_transaction)
            return hy_error("25P01", "there is no transaction in progress");
        return session->is_aborted ? aborted() : hy_error("0A000", "Savepoints are disabled.");
    case HY_AST_TX_SET:
        return session->is_aborted ? aborted() : hy_result_set_tag(result, "SET");
    }
    return HY_OK;
}
