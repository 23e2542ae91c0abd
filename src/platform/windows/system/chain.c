#include "platform/system/chain.h"

#include <windows.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wincrypt.h>

#include "base/bytes.h"
#include "base/error.h"
#include "platform/loop/task.h"
#include "platform/windows/system/wide.h"

#define NAME_CHARS 256
/* Windows fetches a CA within a second or two, and gives up after fifteen. */
#define PATIENCE_MS 5000

/* The task's. */
struct job {
	wchar_t name[NAME_CHARS];
	const CERT_CONTEXT *leaf;
	HCERTSTORE store; /* the leaf and what came with it */
	bool trusted;
};

static void destroy(void *data)
{
	struct job *job = data;
	if (job->leaf)
		CertFreeCertificateContext(job->leaf);
	if (job->store)
		CertCloseStore(job->store, 0);
	free(job);
}

/* True if a chain that was built is one for this server. */
static bool accepts(const CERT_CHAIN_CONTEXT *chain, wchar_t *name)
{
	SSL_EXTRA_CERT_CHAIN_POLICY_PARA ssl = {
		.cbSize = sizeof ssl, .dwAuthType = AUTHTYPE_SERVER, .pwszServerName = name};
	CERT_CHAIN_POLICY_PARA para = {.cbSize = sizeof para, .pvExtraPolicyPara = &ssl};
	CERT_CHAIN_POLICY_STATUS status = {.cbSize = sizeof status};
	/* Revocation is not asked for, so a chain without an error is complete, in time and ends in a trusted root. */
	return chain->TrustStatus.dwErrorStatus == 0 &&
	       CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL, chain, &para, &status) && status.dwError == 0;
}

static void check(void *data)
{
	struct job *job = data;
	char usage[] = szOID_PKIX_KP_SERVER_AUTH;
	char *usages[] = {usage};
	CERT_CHAIN_PARA para = {.cbSize = sizeof para,
		.RequestedUsage = {.dwType = USAGE_MATCH_TYPE_AND,
			.Usage = {.cUsageIdentifier = 1, .rgpszUsageIdentifier = usages}}};
	const CERT_CHAIN_CONTEXT *chain = NULL;
	if (CertGetCertificateChain(NULL, job->leaf, NULL, job->store, &para, 0, NULL, &chain)) {
		job->trusted = accepts(chain, job->name);
		CertFreeCertificateChain(chain);
	}
}

/* Puts the certificates into the job. */
static int load(struct job *job, const struct lp_bytes *certs, size_t n_certs)
{
	job->store = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
	if (!job->store)
		return LP_ENOMEM;
	for (size_t i = 0; i < n_certs; i++)
		if (!CertAddEncodedCertificateToStore(job->store, X509_ASN_ENCODING, certs[i].data, (DWORD)certs[i].len,
			    CERT_STORE_ADD_USE_EXISTING, i == 0 ? &job->leaf : NULL))
			return LP_ECERT;
	return 0;
}

int lp_chain_check(const struct lp_bytes *certs, size_t n_certs, const char *name)
{
	if (n_certs == 0)
		return LP_ECERT;
	struct job *job = calloc(1, sizeof *job);
	if (!job)
		return LP_ENOMEM;
	int result = lp_wide(name, job->name, NAME_CHARS);
	if (result == 0)
		result = load(job, certs, n_certs);
	const struct lp_task_call call = {.run = check, .destroy = destroy, .data = job};
	struct lp_task *task = NULL;
	if (result == 0)
		result = lp_task_start(&call, NULL, NULL, NULL, &task);
	if (result < 0) {
		destroy(job);
		return result;
	}
	if (lp_task_wait(task, PATIENCE_MS))
		result = job->trusted ? 0 : LP_ECERT;
	else
		result = LP_ETIMEOUT;
	lp_task_free(task);
	return result;
}
