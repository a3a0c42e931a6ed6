/* chain.h - which certificates of the material are leaves, and which issued them. */
#ifndef TLSA_CHAIN_H
#define TLSA_CHAIN_H

#include "items.h"

/* Longest chain looked at: more intermediate certificates than any server sends. */
#define CHAIN_MAX 32

/* Indices into material->items. */
struct index_list {
    size_t *at; /* owned; NULL when empty */
    size_t count;
};

void index_list_clear(struct index_list *list);

/*
 * The certificates that issued no other of the material: those that servers present. An input
 * with several of them is TLSAGEN_E_MISMATCH (it does not tell which one is meant), unless a key
 * in the same input does. CA certificates count only where an input has nothing else.
 */
enum tlsagen_status chain_leaves(struct tlsagen_material *material, struct index_list *leaves,
                                 struct tlsagen_err *err);
/*
 * The certificates that stand above the leaf, its issuer first, each proved by its signature.
 * TLSAGEN_E_MISMATCH, with the names, when one that bears the issuer's name did not sign.
 */
enum tlsagen_status chain_above(struct tlsagen_material *material, size_t leaf,
                                struct index_list *chain, struct tlsagen_err *err);
/*
 * The nearest self-signed certificate that vouches for the leaf on any way up, for when the chain
 * of chain_above, which is one of them, ends without one. False when there is none.
 */
bool chain_root(struct tlsagen_material *material, size_t leaf, size_t *root);
/* True when the certificate may issue others, RFC 5280 section 4.2.1.9, as libcrypto sees it. */
bool chain_is_ca(struct tlsagen_material *material, size_t index);

#endif
